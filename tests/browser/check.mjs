// Small helpers of the stories.

/** Asks again until the answer is true: for what the server knows, which tells no event. */
export async function until(what, ask) {
  const end = Date.now() + 30_000;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((tick) => { setTimeout(tick, 50); });
  }
}

export function must(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

/** Something that happens once and is waited for elsewhere. */
export function signal() {
  let fire = () => {};
  const fired = new Promise((resolve) => { fire = resolve; });
  return { fire, fired };
}
