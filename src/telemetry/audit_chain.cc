#include "gatehouse/telemetry/audit_chain.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "byte_writer.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::string_view row_purpose = "gatehouse audit record 1", line_purpose = "gatehouse audit checkpoint 1";

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

bool add(EVP_MAC_CTX* mac, std::string_view bytes) {
  return EVP_MAC_update(mac, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
}

std::string_view view_of(const AuditSeal& seal) { return {reinterpret_cast<const char*>(seal.data()), seal.size()}; }

}  // namespace

// The key is taken up once; each seal starts from a copy.
struct AuditSealer::Context {
  MacContext keyed;
};

Result<AuditSealer> AuditSealer::make(const Secret<std::string>& key, std::string instance) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  auto context = std::make_shared<Context>();
  context->keyed.reset(mac != nullptr ? EVP_MAC_CTX_new(mac) : nullptr);
  EVP_MAC_free(mac);  // the context holds it
  std::string digest = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.expose().data());
  if (!context->keyed || EVP_MAC_init(context->keyed.get(), bytes, key.expose().size(), params) != 1) {
    return internal_error("audit_key_failed", "OpenSSL has no HMAC-SHA-256");
  }
  return AuditSealer(std::move(context), std::move(instance));
}

AuditSeal AuditSealer::seal(std::string_view purpose, const AuditSeal& previous, std::string_view bytes) const {
  AuditSeal out{};
  std::size_t length = 0;
  const MacContext copy(EVP_MAC_CTX_dup(context_->keyed.get()));
  const bool done = copy && add(copy.get(), purpose) && add(copy.get(), view_of(previous)) && add(copy.get(), bytes) &&
                    EVP_MAC_final(copy.get(), out.data(), &length, out.size()) == 1;
  GH_ASSERT(done && length == out.size());
  return out;
}

AuditSeal AuditSealer::seal_of(const AuditRow& row, const AuditSeal& previous) const {
  std::string bytes = audit_bytes(row.record);
  put_number(bytes, row.sequence);
  put_text(bytes, row.instance);
  return seal(row_purpose, previous, bytes);
}

AuditSeal AuditSealer::seal_of_line(std::string_view line, const AuditSeal& previous) const { return seal(line_purpose, previous, line); }

AuditRow AuditSealer::append(const AuditHead& head, AuditRecord record) const {
  AuditRow row;
  row.instance = instance_;
  row.sequence = head.count + 1;
  row.record = std::move(record);
  row.seal = seal_of(row, head.seal);
  return row;
}

}  // namespace gatehouse::telemetry
