// The outline of the world (Natural Earth, public domain, as TopoJSON): read once, by the first map. Places are points of
// the square that Web Mercator makes of it, from 0 to 1 to the east and to the south.
const SOURCE = new URL("../vendor/world-atlas/countries-50m.json", import.meta.url);
/** Beyond it the projection goes to infinity. */
const MOST_LATITUDE = 85.05;

export function project(longitude, latitude) {
  const north = (Math.max(-MOST_LATITUDE, Math.min(MOST_LATITUDE, latitude)) * Math.PI) / 180;
  return [(longitude + 180) / 360, (1 - Math.asinh(Math.tan(north)) / Math.PI) / 2];
}

/** The arcs of a topology as lists of projected points: each is given by steps from the one before it. */
export function arcsOf({ arcs, transform: { scale, translate } }) {
  return arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => project((x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]));
  });
}

/** A ring of arcs as one list of points; an arc that is written as its complement runs backwards. */
const ring = (arcs, numbers) => numbers.flatMap((n) => (n < 0 ? arcs[~n].toReversed() : arcs[n]));

function trace(path, points) {
  points.forEach(([x, y], n) => (n ? path.lineTo(x, y) : path.moveTo(x, y)));
}

let atlas = null;

/** `{land, borders}`, two paths of a canvas. */
export function loadAtlas() {
  atlas ??= fetch(SOURCE)
    .then((answer) => answer.json())
    .then((topology) => {
      const arcs = arcsOf(topology);
      const [land, borders] = [new Path2D(), new Path2D()];
      for (const shape of topology.objects.land.geometries)
        for (const polygon of shape.type === "Polygon" ? [shape.arcs] : shape.arcs)
          for (const numbers of polygon) {
            trace(land, ring(arcs, numbers));
            land.closePath();
          }
      for (const arc of arcs) trace(borders, arc);
      return { land, borders };
    });
  atlas.catch(() => (atlas = null));
  return atlas;
}
