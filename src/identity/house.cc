#include "gatehouse/identity/house.h"

#include <utility>

namespace gatehouse::identity {

Task<Result<std::unique_ptr<House>>> House::open(Reactor& reactor, store::Store& store, HouseParts parts) {
  RegistryParts opening(parts.keys.sealer, parts.issuers, parts.clock.wall());
  Result<telemetry::AuditSealer> sealer = telemetry::AuditSealer::make(parts.keys.audit, parts.instance);
  if (!sealer) co_return sealer.error();
  Result<std::unique_ptr<Registry>> registry = co_await Registry::open(reactor, store, std::move(opening));
  if (!registry) co_return registry.error();
  co_return std::unique_ptr<House>(new House(std::move(parts), std::move(*registry), std::move(*sealer)));
}

}  // namespace gatehouse::identity
