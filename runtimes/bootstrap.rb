# Starts a Ruby function on the runtime client that lambox has found (the variable LAMBOX_RUNTIME_CLIENT).
client = ENV.delete('LAMBOX_RUNTIME_CLIENT')
ENV.delete('LAMBOX_LAYERS')
Gem.paths = { 'GEM_HOME' => ENV['GEM_HOME'], 'GEM_PATH' => [ENV['GEM_PATH'], client].compact.join(':') }
ARGV.replace([ENV.fetch('_HANDLER')])
require 'aws_lambda_ric/bootstrap'
Bootstrap.start
