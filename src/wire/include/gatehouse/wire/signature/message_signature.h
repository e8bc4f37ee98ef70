// wire/signature/message_signature.h — HTTP message signatures: what a request says of its own, and the bytes that it is over.
// Rules    one signature a request. What it may cover: @method, @target-uri, @authority, @scheme, @request-target, @path, @query, and
//          fields that the request has, each once and without parameters
// Limits   64 components; those of structured.h
// Threads  value types, pure functions
// Errors   ambiguous_credentials → invalid_argument; signature_malformed, signature_incomplete (it covers what is not there, or what is not
//          known here) → unauthenticated; all origin caller
// Source   RFC 9421
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire {

struct MessageSignature {
  std::vector<std::string> components;           // what it covers, such as "@method" and "content-digest", in their order
  std::string parameters;                        // @signature-params as it is signed
  std::optional<std::int64_t> created, expires;  // seconds since 1970, UTC
  std::string nonce, key_id, algorithm;          // empty: not said
  std::string signature;                         // bytes
  bool covers(std::string_view component) const;
};

Result<MessageSignature> read_message_signature(const RequestHead& head);

// What is signed, for a client that reached us at that origin, such as https://api.example.com (with the path in front of ours, where there
// is one).
Result<std::string> signature_base(const MessageSignature& signature, const RequestHead& head, std::string_view origin);

// hmac-sha256. How much of a wrong signature is right does not show in the time.
bool is_signed_by(std::string_view secret, std::string_view base, std::string_view signature);

// All lines of that field as one list; nothing: there is none.
std::optional<std::string> joined_field(const RequestHead& head, std::string_view name);

}  // namespace gatehouse::wire
