# Answers with its event, unless that asks for something else; see README.md of the folder above.
def handle(event:, context:)
  puts "hello from Ruby, request #{context.aws_request_id}"
  raise ArgumentError, 'as asked' if event['fail']

  exit!(3) if event['crash']
  sleep(event['sleep_ms'] / 1000.0) if event['sleep_ms']
  return 'x' * [event['size'] - 2, 0].max if event['size']

  event
end
