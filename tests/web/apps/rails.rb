# A small site on Rails: `ruby apps/rails.rb LOGGER PORT`. It logs as `rails new` has it log in production, or with lograge as
# pairs or JSON. `/slow` takes a while, and `/fail` raises.

require 'rails'
require 'action_controller/railtie'
require 'rack/handler/puma'

logger, port = ARGV
require 'lograge' if logger.start_with?('lograge')

class Site < Rails::Application
  config.eager_load = false
  config.consider_all_requests_local = false
  config.secret_key_base = 'of the tests' * 8
  config.log_level = :info
  lines = ActiveSupport::Logger.new($stdout)
  if ARGV[0] == 'rails'
    lines.formatter = Logger::Formatter.new
    config.log_tags = [:request_id]
    config.logger = ActiveSupport::TaggedLogging.new(lines)
  else
    config.logger = lines
    config.lograge.enabled = true
    config.lograge.formatter = Lograge::Formatters::Json.new if ARGV[0] == 'lograge:json'
  end
  routes.append do
    get '/ok' => 'pages#ok'
    get '/slow' => 'pages#slow'
    post '/fail' => 'pages#fail'
  end
end

class PagesController < ActionController::Base
  skip_forgery_protection raise: false

  def ok = render(plain: 'hello')

  def slow
    sleep 0.12
    render plain: 'hello'
  end

  def fail = raise('it is made to fail')
end

Site.initialize!
Rack::Handler::Puma.run(Site, Host: '127.0.0.1', Port: Integer(port), Silent: true)
