// model/toml_table.h — one table of a TOML document, read strictly.
// Rules    the first fault is kept, with its line and column; everything after it reads as absent
// Threads  lives while its document does
// Errors   manifest_invalid → operator
#pragma once
#include <toml++/toml.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::model {

// "model.toml:3:13: what is wrong".
Error manifest_invalid(std::string_view file, const toml::source_region& at, std::string_view what);

// Keeps the faults of a document.
class Faults {
 public:
  explicit Faults(std::string_view file) : file_(file) {}
  void add(const toml::node& at, std::string_view what) { add(at.source(), what); }
  void add(const toml::source_region& at, std::string_view what);
  // All of them in one.
  Status status() const;

 private:
  std::string file_;
  std::vector<Error> faults_;  // none beyond the 64th
};

enum class Need : std::uint8_t { optional, required };

class TomlTable {
 public:
  // where names the table in errors, such as "[limits]".
  TomlTable(const toml::table& table, std::string where, Faults& faults) : table_(table), where_(std::move(where)), faults_(faults) {}

  // Any other key is a fault that names the nearest of these.
  void only(std::span<const std::string_view> keys) const;
  std::optional<std::string> text(std::string_view key, Need need) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  std::optional<double> number(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key) const;
  std::optional<TomlTable> table(std::string_view key) const;
  std::vector<TomlTable> tables(std::string_view key) const;

  const toml::node* node(std::string_view key) const { return table_.get(key); }
  void fault(std::string_view key, std::string_view what) const;

 private:
  void fault_at(const toml::node& node, std::string_view key, std::string_view what) const;
  const toml::array* list(std::string_view key) const;
  const toml::table& table_;
  std::string where_;
  Faults& faults_;
};

}  // namespace gatehouse::model
