#include "gatehouse/wire/signature/message_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/words.h"
#include "signature/structured.h"

namespace gatehouse::wire {
namespace {

constexpr std::size_t hmac_size = 32;

Error signature_error(std::string_view reason, std::string text) {
  return Error(Code::unauthenticated, Origin::caller, reason, std::move(text));
}
Error signature_malformed(std::string text) { return signature_error("signature_malformed", std::move(text)); }

// What a client chose, as far as it may stand in an answer.
std::string quoted_component(std::string_view name) { return "\"" + std::string(name.substr(0, 64)) + "\""; }

Error not_there(std::string_view name) {
  return signature_error("signature_incomplete", "The signature covers " + quoted_component(name) + ", which this request does not have")
      .with_param(std::string(name.substr(0, 64)));
}

// Nothing: it is of another kind, or not there.
std::optional<std::int64_t> integer_parameter(const structured::Member& member, std::string_view name) {
  const structured::Value* const value = structured::find(member.parameters, name);
  return value != nullptr && value->kind == structured::Kind::integer ? std::optional(value->number) : std::nullopt;
}
std::optional<std::string> text_parameter(const structured::Member& member, std::string_view name) {
  const structured::Value* const value = structured::find(member.parameters, name);
  return value != nullptr && value->kind == structured::Kind::string ? std::optional(value->text) : std::nullopt;
}

Status take_parameters(const structured::Member& input, MessageSignature& into) {
  for (const auto& [name, number] : {std::pair("created", &into.created), std::pair("expires", &into.expires)}) {
    if (structured::find(input.parameters, name) == nullptr) continue;
    *number = integer_parameter(input, name);
    if (!*number) return signature_malformed(std::string(name) + " of the signature must be a number of seconds since 1970");
  }
  for (const auto& [name, text] : {std::pair("nonce", &into.nonce), std::pair("keyid", &into.key_id), std::pair("alg", &into.algorithm)}) {
    if (structured::find(input.parameters, name) == nullptr) continue;
    std::optional<std::string> said = text_parameter(input, name);
    if (!said) return signature_malformed(std::string(name) + " of the signature must be a text in double quotes");
    *text = std::move(*said);
  }
  return ok();
}

Status take_components(const structured::Member& input, MessageSignature& into) {
  for (const structured::Item& item : input.items) {
    const std::string& name = item.value.text;
    if (item.value.kind != structured::Kind::string || name.empty() || lower_word(name) != name) {
      return signature_malformed("What a signature covers are names in lower case and double quotes");
    }
    if (!item.parameters.empty()) return signature_malformed("Parameters of " + quoted_component(name) + " are not known here");
    if (into.covers(name)) return signature_malformed("The signature covers " + quoted_component(name) + " twice");
    into.components.push_back(name);
  }
  return ok();
}

// The authority of an origin, and the path behind it, without a slash at its end.
struct Reached {
  std::string_view scheme, authority, prefix;
};

Reached reached_at(std::string_view origin) {
  Reached reached;
  const std::size_t scheme = origin.find("://");
  GH_ASSERT(scheme != std::string_view::npos);  // ours to make
  reached.scheme = origin.substr(0, scheme);
  const std::string_view rest = origin.substr(scheme + 3);
  reached.authority = rest.substr(0, rest.find('/'));
  reached.prefix = rest.substr(reached.authority.size());
  return reached;
}

// Lower case, without the port that goes without saying (RFC 9421 section 2.2.3).
std::string normal_authority(const Reached& reached) {
  std::string authority = lower_word(reached.authority);
  const std::string_view usual = reached.scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(usual)) authority.erase(authority.size() - usual.size());
  return authority;
}

// Nothing: not known here.
std::optional<std::string> derived(std::string_view name, const RequestHead& head, std::string_view origin) {
  const Reached reached = reached_at(origin);
  if (name == "@method") return std::string(to_string(head.method));
  if (name == "@target-uri") return std::string(origin).append(head.target);
  if (name == "@authority") return normal_authority(reached);
  if (name == "@scheme") return std::string(reached.scheme);
  if (name == "@request-target") return std::string(reached.prefix).append(head.target);
  if (name == "@path") return std::string(reached.prefix).append(head.path.empty() ? "/" : head.path);
  if (name == "@query") return std::string("?").append(head.query);
  return std::nullopt;
}

}  // namespace

bool MessageSignature::covers(std::string_view component) const { return std::ranges::find(components, component) != components.end(); }

std::optional<std::string> joined_field(const RequestHead& head, std::string_view name) {
  std::optional<std::string> joined;
  for (const FieldView& field : head.fields) {
    if (!same_word(field.name, name)) continue;
    if (!joined) {
      joined.emplace(trimmed(field.value));
    } else {
      joined->append(", ").append(trimmed(field.value));
    }
  }
  return joined;
}

Result<MessageSignature> read_message_signature(const RequestHead& head) {
  const auto inputs = structured::parse_dictionary(joined_field(head, "signature-input").value_or(""));
  if (!inputs || inputs->empty() || !inputs->front().is_list) {
    return signature_malformed(R"(Signature-Input must be as in sig1=("@method" "@target-uri");created=1700000000;nonce="…";keyid="…")");
  }
  if (inputs->size() > 1) {
    return caller_error("ambiguous_credentials", "The request carries more than one credential: sign it once");
  }
  const auto signatures = structured::parse_dictionary(joined_field(head, "signature").value_or(""));
  const structured::Member& input = inputs->front();
  const structured::Member* const signature = signatures ? structured::find(*signatures, input.name) : nullptr;
  if (signature == nullptr || signature->is_list || signature->items.front().value.kind != structured::Kind::bytes) {
    return signature_malformed("Signature must hold the bytes of " + input.name + ", as in " + input.name + "=:BASE64:");
  }
  MessageSignature found;
  found.signature = signature->items.front().value.text;
  GH_CHECK(take_components(input, found));
  GH_CHECK(take_parameters(input, found));
  structured::append_inner_list(found.parameters, input);
  return found;
}

Result<std::string> signature_base(const MessageSignature& signature, const RequestHead& head, std::string_view origin) {
  std::string base;
  for (const std::string& name : signature.components) {
    const std::optional<std::string> value = name.starts_with('@') ? derived(name, head, origin) : joined_field(head, name);
    if (!value) return not_there(name);
    base.append("\"").append(name).append("\": ").append(*value).append("\n");
  }
  return base.append("\"@signature-params\": ").append(signature.parameters);
}

bool is_signed_by(std::string_view secret, std::string_view base, std::string_view signature) {
  GH_ASSERT(secret.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  std::array<unsigned char, hmac_size> right{};
  unsigned int size = 0;
  const auto* made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(base.data()),
                          base.size(), right.data(), &size);
  GH_ASSERT(made != nullptr && size == hmac_size);
  return signature.size() == hmac_size && CRYPTO_memcmp(right.data(), signature.data(), hmac_size) == 0;
}

}  // namespace gatehouse::wire
