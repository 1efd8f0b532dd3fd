// Turns pointer and key events into calls; the meaning of every gesture is defined here.

export const CLICK_PX = 4;

/** @type {Object<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Drag the handle by mouse or touch, move it by arrow keys (five times as far with shift), or press it.
 * @param {HTMLElement} handle @param {AbortSignal} signal
 * @param {{grab: (event: PointerEvent) => void, drag: (right: number, down: number) => void, step: (right: number, up: number) => void,
 *   release: () => void, press?: () => void}} act drag gets the distance since the grab in pixels, because reading positions would force a layout */
export function listenToHandle(handle, signal, act) {
  const options = { signal };
  /** @type {{id: number, x: number, y: number, moved: boolean} | null} the drag, and where it began */
  let grip = null;
  handle.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button || !event.isPrimary) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      grip = { id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
      act.grab(event);
    },
    options,
  );
  handle.addEventListener(
    "pointermove",
    (event) => {
      if (grip?.id !== event.pointerId) return;
      grip.moved = true;
      act.drag(event.clientX - grip.x, event.clientY - grip.y);
    },
    options,
  );
  handle.addEventListener(
    "lostpointercapture",
    (event) => {
      if (grip?.id !== event.pointerId) return;
      if (grip.moved) act.release();
      else act.press?.();
      grip = null;
    },
    options,
  );
  handle.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter") act.press?.();
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const [right, up] = ARROWS[event.key];
      act.step(right * (event.shiftKey ? 5 : 1), up * (event.shiftKey ? 5 : 1));
    },
    options,
  );
  handle.addEventListener("keyup", (event) => event.key in ARROWS && act.release(), options);
}

/** Arrow keys on the map: one step per press; key repeat is ignored.
 * @param {HTMLElement} plot @param {AbortSignal} signal
 * @param {(direction: [number, number], far: boolean) => void} step to the right and up, with shift far */
export function listenToArrows(plot, signal, step) {
  plot.addEventListener(
    "keydown",
    (event) => {
      if (event.target !== plot || !(event.key in ARROWS)) return;
      event.preventDefault();
      if (!event.repeat) step(ARROWS[event.key], event.shiftKey);
    },
    { signal },
  );
}

/** Leave the wheel to the page, unless ctrl is held or the map has the focus: a visitor who scrolls by must not lose the
 * window. A browser sends a pinch on a touchpad as a wheel with ctrl.
 * @param {HTMLElement} map whose own listener zooms @param {HTMLElement} plot has the focus after a click
 * @param {AbortSignal} signal @param {() => void} refuse says how to zoom */
export function listenToWheel(map, plot, signal, refuse) {
  map.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || plot.contains(document.activeElement)) return;
      event.stopPropagation();
      refuse();
    },
    { signal, capture: true, passive: true },
  );
}

/** Hover over the map with a mouse, click or tap it.
 * @param {HTMLElement} map @param {AbortSignal} signal
 * @param {{hover: (event: PointerEvent | null) => void, click: (event: PointerEvent) => void}} act */
export function listenToMap(map, signal, act) {
  /** @type {PointerEvent | null} */
  let pressed = null;
  const options = { signal };
  map.addEventListener(
    "pointermove",
    (event) => {
      if (event.pointerType !== "touch") act.hover(event.buttons ? null : event);
    },
    options,
  );
  map.addEventListener("pointerleave", () => act.hover(null), options);
  map.addEventListener("pointerdown", (event) => (pressed = event), options);
  // Plotly covers the page while a button is down, so the release is caught on the window.
  window.addEventListener(
    "pointerup",
    (event) => {
      const press = pressed;
      pressed = null;
      if (press && Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) <= CLICK_PX)
        act.click(event);
    },
    options,
  );
}

/** @param {HTMLElement} root @param {AbortSignal} signal @param {(button: HTMLElement) => void} press */
export function listenToButtons(root, signal, press) {
  const listen = (/** @type {MouseEvent} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (button) press(button);
  };
  root.addEventListener("click", listen, { signal });
}
