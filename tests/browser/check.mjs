// Small helpers of the stories.

import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

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

/** The rules of WCAG 2.1 AA that a program can judge, on what is shown at this moment. */
export async function accessible(window, what) {
  await window.page.addScriptTag({ path: AXE }).catch(() => {});
  const found = await window.page.evaluate(async () => {
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} ${any.map(({ message }) => message).join(" ")}`).join(", ")}`);
  });
  must(found.length === 0, `${what} is accessible:\n${found.join("\n")}`);
}
