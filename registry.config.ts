import { defineConfig } from './src/shared/kernel/config.ts'

export default defineConfig({
  env: process.env,
  modules: [],
})
