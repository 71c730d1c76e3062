export {
  createTestHome,
  type Fake,
  fake,
  startTestKernel,
  type TestHome,
  type TestKernel,
  type TestKernelOptions,
} from './start-test-kernel.ts'
export { createTestDatabase, type TestDatabase } from './test-database.ts'
