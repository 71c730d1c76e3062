// Drops optional edges whose target the lockfile lacks (platform packages a mirror does not carry), or `npm ci` refuses it.
import { readFileSync, writeFileSync } from 'node:fs'

const file = 'package-lock.json'
const lock = JSON.parse(readFileSync(file, 'utf8'))

function parentOf(folder) {
  const cut = folder.lastIndexOf('/node_modules/')
  return cut < 0 ? '' : folder.slice(0, cut)
}

/** Whether a package as node would resolve it from `folder` is in the lock at a version that fits. */
function isLocked(folder, name, wanted) {
  const found = lock.packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]
  if (found) return found.version === wanted || /[~^><*]/.test(wanted)
  return folder !== '' && isLocked(parentOf(folder), name, wanted)
}

let pruned = 0
for (const [folder, entry] of Object.entries(lock.packages)) {
  for (const [name, wanted] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(folder, name, wanted)) continue
    delete entry.optionalDependencies[name]
    pruned += 1
  }
  if (entry.optionalDependencies && Object.keys(entry.optionalDependencies).length === 0) delete entry.optionalDependencies
}

writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log('pruned', pruned)
