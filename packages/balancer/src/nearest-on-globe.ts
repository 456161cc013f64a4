import { type Balancer, type Candidate, checkOptions } from "@rpc/core";
import { greatCircleKm, type Place, placeOn } from "./great-circle.js";
import { preferring, type SpillOptions } from "./preferring.js";

export interface GlobeOptions extends SpillOptions {
  /** How much farther than the nearest an endpoint may be and count as near too, in km. Defaults to 100. */
  readonly spreadKm?: number;
}

/**
 * The endpoints nearest on the globe, by `inner`: those that are at most `spreadKm` farther than the nearest one, by
 * their tags `latitude` and `longitude`, in degrees. One without such tags is farther than any other. For regions that
 * are known before anything is measured: `nearestOnGlobe({ latitude: 52.5, longitude: 13.4 }, p2cPeakEwma)`.
 *
 * It connects to all endpoints of a list, however many: a part might leave out the nearest.
 */
export const nearestOnGlobe = (here: Place, inner: Balancer, options: GlobeOptions = {}): Balancer => {
  const { spreadKm = 100, ...spill } = options;
  checkOptions("nearestOnGlobe", { spreadKm }, { spreadKm: "number" });
  const own = placeOn(here?.latitude, here?.longitude);
  if (own === undefined)
    throw new TypeError("nearestOnGlobe wants { latitude, longitude } in degrees, from −90 to 90 and −180 to 180");
  const balancer = preferring("nearestOnGlobe", (ready) => near(ready, own, spreadKm), inner, spill);
  return Object.assign(balancer, { whole: true });
};

function near(ready: readonly Candidate[], own: Place, spreadKm: number): readonly Candidate[] {
  const distances = ready.map(({ endpoint: { tags } }) => {
    const place = placeOn(tags["latitude"], tags["longitude"]);
    return place === undefined ? Number.POSITIVE_INFINITY : greatCircleKm(own, place);
  });
  const least = distances.reduce((a, b) => Math.min(a, b));
  return ready.filter((_, at) => distances[at]! <= least + spreadKm && distances[at] !== Number.POSITIVE_INFINITY);
}
