const earthRadiusKm = 6_371;

/** A place on the globe, in degrees: latitude north, longitude east. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Returns the place if there is one: latitude from −90 to 90, longitude from −180 to 180. */
export function placeOn(latitude: unknown, longitude: unknown): Place | undefined {
  const place = { latitude: degrees(latitude), longitude: degrees(longitude) };
  return Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180 ? place : undefined;
}

/** Returns the shortest way over the globe, in km. Haversine formula: Sinnott, Virtues of the Haversine, Sky and Telescope 68, 1984. */
export function greatCircleKm(a: Place, b: Place): number {
  const radians = Math.PI / 180;
  const half = (from: number, to: number): number => Math.sin(((to - from) * radians) / 2) ** 2;
  const h =
    half(a.latitude, b.latitude) +
    Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * half(a.longitude, b.longitude);
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** An empty text is no number here, unlike elsewhere. */
function degrees(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
}
