// trees/origins.h — which column of the inputs each column of a forest comes from, and whether a plan can be explained at all.
#pragma once
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "gatehouse/trees/plan.h"

namespace gatehouse::trees {

class Origins {
 public:
  // The plan stays where it is.
  explicit Origins(const Plan& plan);
  std::string_view unexplained() const { return unexplained_; }
  const Forest* forest() const { return forest_; }
  // Of the forest's column: among the columns of all inputs. nullopt: no node asks about it, and it comes from several.
  std::optional<std::size_t> of_column(std::size_t column) const { return columns_[column]; }

 private:
  using Origin = std::optional<std::size_t>;
  void follow(const Columns& from, Kind to, std::size_t copies);
  void lose(Kind to, std::size_t count);
  const char* why_not(const Plan& plan);

  std::array<std::vector<Origin>, 3> slots_;
  const Forest* forest_ = nullptr;
  std::vector<Origin> columns_;
  std::string_view unexplained_;
};

}  // namespace gatehouse::trees
