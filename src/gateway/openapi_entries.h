// gateway/openapi_entries.h — the public routes as the OpenAPI document has them, and beside them what each tensor model takes.
// Life     what is added to the entries lasts as long as the ModelEntries
// Threads  value types
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "gatehouse/wire/openapi/document.h"
#include "model_bodies.h"

namespace gatehouse::gateway {

std::vector<wire::OpenApiEntry> openapi_entries();

// /predict takes what one of the models does; the other routes stand there once more for each model, with its name in their paths.
class ModelEntries {
 public:
  explicit ModelEntries(std::vector<wire::OpenApiEntry>& entries) : entries_(entries) {}
  void add(const ModelFacts& model);
  void finish();

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  void add_route(const ModelFacts& model, std::string_view path, std::string_view id, BodyWords body);

  std::vector<wire::OpenApiEntry>& entries_;
  std::deque<std::string> texts_;
  std::string schemas_, examples_;  // of /predict, apart by commas
};

}  // namespace gatehouse::gateway
