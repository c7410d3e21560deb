# A shop in Sinatra: a route with a query, a call of itself and three lines; a route that fails; a path without route.
require 'logger'
require 'net/http'
require 'socket'
require 'sinatra/base'
require 'rack/handler/webrick'
require 'datadog'

Datadog.configure do |c|
  c.service = 'shop-ruby'
  c.env = 'dev'
  c.version = '1.2.3'
  c.tracing.instrument :rack
  c.tracing.instrument :sinatra
  c.tracing.instrument :http
end
$stdout.sync = true
LOG = Logger.new($stdout)
LOG.progname = 'shop'
LOG.formatter = proc { |severity, time, progname, msg|
  "[#{time.utc.strftime('%Y-%m-%d %H:%M:%S %z')}][#{progname}][#{severity}][#{Datadog::Tracing.log_correlation}] #{msg}\n"
}

class Shop < Sinatra::Base
  set show_exceptions: false, raise_errors: false, dump_errors: false, port: 4567
  get('/posts/:id') do
    LOG.info "loading post #{params[:id]}"
    options = { service: 'shop-db', resource: 'SELECT title FROM posts WHERE id = ?', type: 'sql', tags: { 'db.system' => 'sqlite' } }
    title = Datadog::Tracing.trace('sqlite.query', **options) { |span| span.set_metric('db.row_count', 1); 'Hello' }
    "#{title} #{Net::HTTP.get(URI('http://127.0.0.1:4567/authors/7'))}\n"
  end
  get('/authors/:id') { LOG.warn 'author is not cached'; "Ann\n" }
  get('/broken') { LOG.error 'about to fail'; raise ArgumentError, 'no such post: <b>é</b>', caller(0).first(3) }
end

app = Rack::Builder.new { use Datadog::Tracing::Contrib::Rack::TraceMiddleware; run Shop }
server = nil
quiet = { Logger: WEBrick::Log.new(File::NULL), AccessLog: [] }
Thread.new { Rack::Handler::WEBrick.run(app.to_app, Host: '127.0.0.1', Port: 4567, **quiet) { |made| server = made } }
sleep 0.1 until server&.status == :Running
%w[/posts/42?token=secret /broken /nothing-here].each do |path|
  TCPSocket.open('127.0.0.1', 4567) { |socket| socket.write("GET #{path} HTTP/1.0\r\nHost: shop.example\r\n\r\n"); socket.read }
end
sleep 2
LOG.info 'going down'
Datadog.shutdown!
server.shutdown
