// identity/principal.h — who asks: everything here comes from the credential, never from the request.
// Threads  value type
#pragma once
#include <cstdint>
#include <utility>

#include "gatehouse/base/strong.h"
#include "gatehouse/identity/scopes.h"

namespace gatehouse::identity {

// A constructor, because aggregates in co_await expressions are destroyed twice by gcc 12.
struct Principal {
  Principal(TenantId tenant_, KeyId key_, Scopes scopes_, std::uint32_t tenant_number_)
      : tenant(std::move(tenant_)), key(std::move(key_)), scopes(scopes_), tenant_number(tenant_number_) {}
  TenantId tenant;
  KeyId key;
  Scopes scopes;
  std::uint32_t tenant_number;  // stands for the tenant where names may not go: in engines. From 1, one a tenant
};

}  // namespace gatehouse::identity
