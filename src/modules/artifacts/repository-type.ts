import { type ArtifactType, parseArtifactType } from '../../shared/types/artifact-type.ts'
import { artifactTypeOf, type ManifestDocument } from './manifest-document.ts'

const typeAnnotation = 'dev.gati.type'
const modelTypes = /^application\/(?:vnd\.cncf\.model\.|vnd\.ollama\.|vnd\.safetensors|x-safetensors)|[./+-]safetensors\b/
const wasmTypes = /^application\/(?:vnd\.wasm\.|wasm\b|vnd\.w3c\.wasm)|[.+]wasm\b/

/** What an image, by what it says of itself, is for. */
export function repositoryTypeOf(document: ManifestDocument): ArtifactType {
  const named = parseArtifactType(document.annotations?.[typeAnnotation] ?? '')
  if (named) return named
  const types = [artifactTypeOf(document) ?? '', ...(document.layers ?? []).map(({ mediaType }) => mediaType)]
  if (types.some((type) => modelTypes.test(type))) return 'model'
  return types.some((type) => wasmTypes.test(type)) ? 'module-wasm' : 'module-oci'
}
