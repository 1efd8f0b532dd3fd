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

/** @param {number[]} shares @param {(i: number) => number} value */
function sumOf(shares, value) {
  return shares.reduce((sum, share, i) => sum + share * value(i), 0);
}
