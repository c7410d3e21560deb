import { describeNames } from './names.ts'

describeNames(false)
