// A worker that does nothing but count: timers of a page in the background are held back by the browser,
// and the server closes a connection that is silent for a minute.

setInterval(() => postMessage("beat"), 25_000);
