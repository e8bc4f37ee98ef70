// gateway/fair_places.h — the few places in front of a thread, which all tenants share.
// Rules    a tenant takes no more places than are free: alone half of them, who comes next half of the rest; where several come by turns
//          they have alike. The last place may be taken
// Life     outlives its places
// Threads  any
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace gatehouse::gateway {

class FairPlaces {
 public:
  explicit FairPlaces(std::size_t all) : all_(all) {}

  // One of them, for as long as it is held.
  class Place {
   public:
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)), tenant_(other.tenant_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->give_back(tenant_);
    }

   private:
    friend class FairPlaces;
    Place(FairPlaces& places, std::uint32_t tenant) : places_(&places), tenant_(tenant) {}
    FairPlaces* places_;  // null: it has moved
    std::uint32_t tenant_;
  };
  // Nothing: the tenant has its share.
  std::optional<Place> take(std::uint32_t tenant);

 private:
  void give_back(std::uint32_t tenant);

  const std::size_t all_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::size_t> held_;  // by tenant, of those who hold some
  std::size_t taken_ = 0;
};

}  // namespace gatehouse::gateway
