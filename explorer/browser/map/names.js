// The places of the classes' names on a map, so that none lies on another.

/** A name and the middle of its text, in pixels. @typedef {{name: string, x: number, y: number}} Name */

const [LETTER, HEIGHT] = [0.65, 1.1]; // of the size of type: the width of a letter and the height of a name
const DIRECTIONS = Array.from({ length: 8 }, (_, i) => [Math.sin((i * Math.PI) / 4), -Math.cos((i * Math.PI) / 4)]);
const STEPS = [0, 0.5, 1]; // of the height, away from its place

/** Each name where it belongs, or else as near to it as there is room.
 * @param {Name[]} names @param {number} size of type, in pixels @returns {Name[]} */
export function apart(names, size) {
  /** @type {Name[]} */
  const placed = [];
  for (const name of names) {
    const places = STEPS.flatMap((step) => DIRECTIONS.map((way) => moved(name, way, step * HEIGHT * size)));
    placed.push(places.find((place) => !placed.some((other) => touch(place, other, size))) ?? name);
  }
  return placed;
}

/** @param {Name} name @param {number[]} way @param {number} length in pixels @returns {Name} */
function moved({ name, x, y }, [right, down], length) {
  return { name, x: x + right * length, y: y + down * length };
}

/** @param {Name} one @param {Name} other @param {number} size */
function touch(one, other, size) {
  const across = (LETTER * size * (one.name.length + other.name.length)) / 2;
  return Math.abs(one.x - other.x) < across && Math.abs(one.y - other.y) < HEIGHT * size;
}
