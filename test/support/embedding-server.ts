/** The embedding model of scripts/services.sh; Java and Maven, which it is run with, are not everywhere. */
export const embeddingServerUrl = process.env['GATI_TEST_EMBEDDING_SERVER']
