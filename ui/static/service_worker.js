// Shows a page of ours when the server cannot be reached, and keeps static files. Of what belongs to a person it keeps
// nothing: pages, answers of the API and sockets pass by. `RELEASE` is written before this by ui/pages/offline.py.
const { version, offline, files } = RELEASE;
const PREFIX = "vllm-chat-";
const NAME = PREFIX + version;
const STATIC = /^\/(static|_nicegui)\//;

async function install() {
  const cache = await caches.open(NAME);
  // Without cookies: the same for everybody.
  await cache.addAll([offline, ...files].map((url) => new Request(url, { credentials: "omit", cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  }
  // The request for a page does not wait until this script runs.
  await self.registration.navigationPreload?.enable();
}

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (unreachable) {
    const kept = await caches.match(offline, { cacheName: NAME });
    if (!kept) throw unreachable;
    return kept;
  }
}

async function file(request) {
  const kept = await caches.match(request, { cacheName: NAME });
  if (kept) return kept;
  const response = await fetch(request);
  // Only what the server says never changes: what else may stand below these paths is asked for each time.
  if (response.status === 200 && response.headers.get("Cache-Control")?.includes("immutable")) {
    const copy = response.clone();
    const cache = await caches.open(NAME);
    await cache.put(request, copy);
  }
  return response;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (STATIC.test(url.pathname) && !request.headers.has("Range")) event.respondWith(file(request));
});
