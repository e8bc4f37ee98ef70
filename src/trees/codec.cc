#include "gatehouse/trees/codec.h"

#include <cstring>

#include "layout.h"
#include "plan_error.h"

namespace gatehouse::trees {
namespace {

constexpr std::string_view magic = "GHTP";
constexpr std::uint32_t version = 1;

class PlanWriter {
 public:
  template <class T>
  void put(const T& value) {
    if constexpr (is_record<T>) {
      std::apply([&](auto... member) { (this->put(value.*member), ...); }, layout<T>);
    } else if constexpr (std::is_same_v<T, Step>) {
      put(static_cast<std::uint8_t>(value.index()));
      std::visit([this](const auto& step) { this->put(step); }, value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    } else {
      put_list(value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  template <class List>
  void put_list(const List& list) {
    using Item = typename List::value_type;
    put(static_cast<std::uint32_t>(list.size()));
    if constexpr (std::is_arithmetic_v<Item>) {
      if (!list.empty()) out_.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(Item));
    } else {
      for (const Item& item : list) put(item);
    }
  }
  std::string out_;
};

// Takes values from the front. After the first fault every value is empty and nothing more is read.
class PlanReader {
 public:
  explicit PlanReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  void take(T& value) {
    if constexpr (is_record<T>) {
      std::apply([&](auto... member) { (this->take(value.*member), ...); }, layout<T>);
    } else if constexpr (std::is_same_v<T, Step>) {
      take_step(value);
    } else if constexpr (std::is_enum_v<T>) {
      std::uint8_t number = 0;
      take(number);
      if (number > static_cast<std::uint8_t>(last_value<T>)) fail("an enum has an unknown value");
      if (!fault_) value = static_cast<T>(number);
    } else if constexpr (std::is_arithmetic_v<T>) {
      const std::string_view bytes = take_bytes(sizeof(T));
      if (!fault_) std::memcpy(&value, bytes.data(), sizeof(T));
    } else {
      take_list(value);
    }
  }
  std::string_view take_bytes(std::size_t count) {
    if (count > rest_.size()) fail("it is cut short");
    if (fault_) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  const char* finish() {
    if (!rest_.empty()) fail("bytes are left after it");
    return fault_;
  }
  void fail(const char* fault) {
    if (!fault_) fault_ = fault;
  }

 private:
  void take_step(Step& step) {
    std::uint8_t number = 0;
    take(number);
    take_step_as(step, number, std::make_index_sequence<std::variant_size_v<Step>>());
  }
  template <std::size_t... Index>
  void take_step_as(Step& step, std::uint8_t number, std::index_sequence<Index...>) {
    const bool known = ((number == Index ? (take(step.emplace<Index>()), true) : false) || ...);
    if (!known) fail("a step is unknown");
  }
  template <class List>
  void take_list(List& list) {
    using Item = typename List::value_type;
    std::uint32_t count = 0;
    take(count);
    constexpr std::size_t fewest = std::is_arithmetic_v<Item> ? sizeof(Item) : 4;
    if (count > rest_.size() / fewest) fail("a list claims more than there is");
    if (fault_) return;
    if constexpr (std::is_arithmetic_v<Item>) {
      const std::string_view bytes = take_bytes(count * sizeof(Item));
      list.resize(count);
      if (count > 0) std::memcpy(list.data(), bytes.data(), bytes.size());
    } else {
      for (std::uint32_t i = 0; i < count && !fault_; ++i) take(list.emplace_back());
    }
  }

  std::string_view rest_;
  const char* fault_ = nullptr;
};

}  // namespace

std::string write_plan(const Plan& plan) {
  PlanWriter writer;
  for (const char c : magic) writer.put(c);
  writer.put(version);
  writer.put(plan);
  return writer.take();
}

Result<Plan> read_plan(std::string_view bytes) {
  if (bytes.size() > most_plan_bytes) return invalid_plan("it is too long");
  PlanReader reader(bytes);
  if (reader.take_bytes(magic.size()) != magic) return invalid_plan("it is none");
  std::uint32_t found = 0;
  reader.take(found);
  if (found != version) return invalid_plan("it is of another version");
  Plan plan;
  reader.take(plan);
  if (const char* fault = reader.finish()) return invalid_plan(fault);
  GH_CHECK(check_plan(plan));
  return plan;
}

}  // namespace gatehouse::trees
