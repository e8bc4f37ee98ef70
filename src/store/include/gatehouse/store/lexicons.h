// store/lexicons.h — the port that names which tenants have given are kept behind.
// Threads  any reactor; the answer comes back on it
// Errors   tenant_not_found; store faults as store/ports.h
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/store/records.h"

namespace gatehouse::store {

// One a tenant, or none; the next replaces it. remove() gives the number of the tenant in any case. All but all(): tenant_not_found
class LexiconStore {
 public:
  virtual ~LexiconStore() = default;
  virtual Task<Result<std::vector<KeptLexicon>>> all(Reactor& reactor) = 0;
  virtual Task<Result<std::optional<KeptLexicon>>> find(Reactor& reactor, TenantId tenant) = 0;
  virtual Task<Result<KeptLexicon>> put(Reactor& reactor, TenantId tenant, std::string text, Moment at) = 0;
  virtual Task<Result<std::uint32_t>> remove(Reactor& reactor, TenantId tenant) = 0;
};

}  // namespace gatehouse::store
