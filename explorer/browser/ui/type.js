// The sizes of type for what scripts lay out: axes, ticks, names in figures. See type.css.

/** The smallest size of type in this window, in pixels. */
export function smallType() {
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--type-small")) || 16;
}
