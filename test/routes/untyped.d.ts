declare module 'method-override'
