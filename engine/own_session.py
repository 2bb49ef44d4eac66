"""Imported first by the fork server: a signal to our process group must not end the engines it started."""

import os

os.setsid()
