export interface Project {
  readonly root: string
}
