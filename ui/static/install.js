// Lets the page be installed, and show a page of ours when the server cannot be reached: service_worker.js.
navigator.serviceWorker?.register("/service-worker.js", { scope: "/", updateViaCache: "none" }).catch((error) => {
  // The browser's own choice (private windows, settings) or no connection: everything works without it.
  console.info(`No service worker: ${error.message}`);
});
