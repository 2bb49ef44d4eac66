"""What the project is installed from: the locks, and the installer that reads them."""
