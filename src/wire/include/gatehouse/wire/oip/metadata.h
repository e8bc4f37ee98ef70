// wire/oip/metadata.h — what the Open Inference Protocol says of a server and its models.
// Threads  value types, pure functions
// Source   Open Inference Protocol, inference_rest.md
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::wire {

void write_server_metadata(std::string& out, std::string_view name, std::string_view version, std::span<const std::string_view> extensions);

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string_view platform;
  std::vector<TensorSpec> inputs, outputs;
};
void write_model_metadata(std::string& out, const ModelMetadata& model);

enum class Readiness : std::uint8_t { not_ready, ready };
void write_model_ready(std::string& out, std::string_view name, Readiness readiness);

void server_metadata_schema(JsonWriter& w);
void model_metadata_schema(JsonWriter& w);
void model_ready_schema(JsonWriter& w);
void oip_live_schema(JsonWriter& w);
void oip_ready_schema(JsonWriter& w);

}  // namespace gatehouse::wire
