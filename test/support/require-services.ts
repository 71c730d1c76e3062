/** A run against real services must not quietly fall back to the embedded ones. */
export function setup(): void {
  for (const name of ['GATI_TEST_DATABASE_URL', 'GATI_TEST_REDIS_URL', 'GATI_TEST_S3_ENDPOINT']) {
    if (!process.env[name]) throw new Error(`${name} is not set: start the services with scripts/services.sh and export what it prints`)
  }
}
