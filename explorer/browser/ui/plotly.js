// Loads plotly.js once per page for all components.

const page = /** @type {any} */ (window);

/** The library by address. It is on the window, because each component is a module with its own state.
 * @type {Object<string, Promise<any>>} */
const scripts = (page.__latentSpaceExplorerPlotly ??= {});

/** @param {string} url of plotly.min.js */
export function loadPlotly(url) {
  const script = (scripts[url] ??= runScript(url));
  script.catch(() => delete scripts[url]); // another map may try again
  return script;
}

/** @param {string} url of a script that sets window.Plotly */
async function runScript(url) {
  const script = document.createElement("script");
  script.src = url;
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return page.Plotly;
}
