"""The pages: accounts as plain HTML, the chat with NiceGUI."""
