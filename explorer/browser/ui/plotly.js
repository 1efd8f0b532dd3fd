// Loads plotly.js once per page for all components.

import { fetchInflated } from "../net/tensors.js";

const page = /** @type {any} */ (window);

/** The library by address. It is on the window, because each component is a module with its own state.
 * @type {Object<string, Promise<any>>} */
const scripts = (page.__latentSpaceExplorerPlotly ??= {});

/** @param {string} url of the gzipped plotly.min.js */
export function loadPlotly(url) {
  const script = (scripts[url] ??= runScript(url));
  script.catch(() => delete scripts[url]); // another map may try again
  return script;
}

/** @param {string} url of a gzipped script that sets window.Plotly */
async function runScript(url) {
  const source = await (await fetchInflated(url)).arrayBuffer();
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  URL.revokeObjectURL(script.src);
  return page.Plotly;
}
