/**
 * A cosine as a score from 0 to 1 beside that of the words. What the local method finds counts for less, because it may rest on parts of words.
 */
export const meaningScore = (similarity: number, experimental: boolean): number => {
  const share = Math.max(0, Math.min(1, similarity))
  return experimental ? share * 0.8 : share
}
