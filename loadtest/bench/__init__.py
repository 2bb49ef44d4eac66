"""`make bench`: measured beside what it is compared with, on one machine in one run. One file per row."""
