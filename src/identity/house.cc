#include "gatehouse/identity/house.h"

#include <utility>

namespace gatehouse::identity {

Task<Result<std::unique_ptr<House>>> House::open(Reactor& reactor, store::Store& store, HouseParts parts) {
  Result<std::unique_ptr<Registry>> registry = co_await Registry::open(reactor, store, parts.keys.sealer);
  if (!registry) co_return registry.error();
  co_return std::unique_ptr<House>(new House(std::move(parts), std::move(*registry)));
}

}  // namespace gatehouse::identity
