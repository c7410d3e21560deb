// The declarations of @msgpack/msgpack name this type of the DOM library, which a Node project does not load.
type BufferSource = ArrayBufferView | ArrayBuffer
