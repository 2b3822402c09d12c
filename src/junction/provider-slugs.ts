/** Slugs of the providers that Junction lets customers bring their own OAuth for. The forwarder needs no more of them. */
export const providerSlugs = [
  'cronometer',
  'dexcom_v3',
  'fitbit',
  'garmin',
  'google_fit',
  'google_health',
  'map_my_fitness',
  'my_fitness_pal_v2',
  'omron',
  'oura',
  'polar',
  'strava',
  'ultrahuman',
  'wahoo',
  'whoop_v2',
  'withings',
] as const

export type ProviderSlug = (typeof providerSlugs)[number]
