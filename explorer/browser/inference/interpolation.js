// Values between the nodes of a square grid, by the polynomial through them.

/** Row by row, the shares of n nodes in the value at each place: Lagrange's polynomials.
 * @param {number[]} nodes @param {number[]} places @returns {number[][]} */
export function sharesAt(nodes, places) {
  return places.map((x) => nodes.map((node, i) => {
    return nodes.reduce((product, other, k) => (k === i ? product : (product * (x - other)) / (node - other)), 1);
  }));
}

/** At every pair of places [m, m], of values at every pair of nodes [n, n]. @param {number[][]} shares [m][n]
 * @param {ArrayLike<number>} grid @returns {number[][]} */
export function interpolated(shares, grid) {
  const count = shares[0].length;
  const along = shares.map((row) => row.map((_, j) => sumOf(row, (i) => grid[count * i + j])));
  return along.map((line) => shares.map((row) => sumOf(row, (j) => line[j])));
}

/** How much a line of the grid can be off: its node ``middle`` from the polynomial through the others, whose degree is
 * one less. @param {number[]} nodes @param {number} middle @returns {(grid: ArrayLike<number>) => number} */
export function errorOfLines(nodes, middle) {
  const others = nodes.filter((_, i) => i !== middle);
  const shares = sharesAt(others, [nodes[middle]])[0];
  shares.splice(middle, 0, -1);
  const count = nodes.length;
  return (grid) => Math.max(...nodes.flatMap((_, line) => [
    Math.abs(sumOf(shares, (i) => grid[count * line + i])),
    Math.abs(sumOf(shares, (i) => grid[count * i + line])),
  ]));
}

/** @param {number[]} shares @param {(i: number) => number} value */
function sumOf(shares, value) {
  return shares.reduce((sum, share, i) => sum + share * value(i), 0);
}
