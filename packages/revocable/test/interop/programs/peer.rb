# ruby-jwt as a peer: a question on stdin, its answer on stdout, both JSON.
require 'base64'
require 'json'
require 'jwt'

question = JSON.parse($stdin.read)

def key(job, half)
  job['secret'] ? Base64.urlsafe_decode64(job['secret']) : OpenSSL::PKey.read(job[half])
end

def sign(job)
  JWT.encode(job['claims'], key(job, 'privatePem'), job['alg'])
end

def verify(job)
  JWT.decode(job['token'], key(job, 'publicPem'), true, algorithm: job['alg']).first
rescue JWT::DecodeError
  nil
end

# EdDSA needs a gem that ruby-jwt does not depend on.
algs = [JWT::Algos::Hmac, JWT::Algos::Rsa, JWT::Algos::Ps, JWT::Algos::Ecdsa].flat_map { |kind| kind::SUPPORTED }
answer = question['do'] == 'algs' ? algs : question['jobs'].map { |job| send(question['do'], job) }
puts JSON.generate(answer)
