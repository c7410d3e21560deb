import { describeNames } from './names.ts'

describeNames(true)
