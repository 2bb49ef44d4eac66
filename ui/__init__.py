"""The pages: NiceGUI for the chat, plain server-rendered HTML for the public pages."""
