#include "gatehouse/wire/oip/repository.h"

#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

// Read, and then of no effect but for what is refused.
struct ChangeParameters {};
struct ChangeBody {
  ChangeParameters parameters;
};

}  // namespace

template <>
struct Codec<ChangeParameters> {
  static void read(const JsonValue& v, ChangeParameters&, const Rules& rules, Reading& r) {
    if (!check_any_object(v, rules, r)) return;
    for (const JsonMember member : v.members()) {
      const bool brings = member.key == "config" || member.key.starts_with("file:");
      if (brings) r.fault_at(member.key, "is not possible here", "a model of the server's own folders, as its manifest says");
    }
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.member("type", "object").member_raw("properties", R"({"config":false})").member_raw("patternProperties", R"({"^file:":false})");
  }
};

template <>
struct Description<ChangeBody> {
  static constexpr auto fields() {
    return std::array{field<&ChangeBody::parameters>("parameters", "unload_dependents and others have no effect; config is refused")};
  }
};

template <>
struct Description<RepositoryIndexBody> {
  static constexpr auto fields() {
    return std::array{field<&RepositoryIndexBody::ready>("ready", "only those that answer").by_default("false")};
  }
};

Result<RepositoryIndexBody> read_repository_index(const JsonValue& body) { return read_described<RepositoryIndexBody>(body); }

Result<RepositoryChangeBody> read_repository_change(const JsonValue& body) {
  GH_TRY([[maybe_unused]] const ChangeBody read, read_described<ChangeBody>(body));
  return RepositoryChangeBody{};
}

void write_repository_index(std::string& out, std::span<const RepositoryEntry> entries) {
  JsonWriter w(out);
  w.begin_list();
  for (const RepositoryEntry& entry : entries) {
    w.begin_object().member("name", entry.name).member("version", entry.version).member("state", entry.state);
    w.member("reason", entry.reason).end_object();
  }
  w.end_list();
}

namespace {

void write_time(JsonWriter& w, std::string_view name, const StatisticsTime& time) {
  w.key(name).begin_object().member("count", time.count).member("ns", time.ns).end_object();
}

void write_compute(JsonWriter& w, const StatisticsTime& input, const StatisticsTime& compute, const StatisticsTime& output) {
  write_time(w, "compute_input", input);
  write_time(w, "compute_infer", compute);
  write_time(w, "compute_output", output);
}

void write_model_statistics(JsonWriter& w, const ModelStatistics& model) {
  w.begin_object().member("name", model.name).member("version", model.version).member("last_inference", model.last_inference);
  w.member("inference_count", model.inferences).member("execution_count", model.executions);
  w.key("inference_stats").begin_object();
  write_time(w, "success", model.success);
  write_time(w, "fail", model.fail);
  write_time(w, "queue", model.queue);
  write_compute(w, model.input, model.compute, model.output);
  write_time(w, "cache_hit", {});
  write_time(w, "cache_miss", {});
  w.end_object().key("batch_stats").begin_list();
  for (const BatchStatistics& batch : model.batches) {
    w.begin_object().member("batch_size", batch.size);
    write_compute(w, batch.input, batch.compute, batch.output);
    w.end_object();
  }
  w.end_list().end_object();
}

}  // namespace

void write_statistics(std::string& out, std::span<const ModelStatistics> models) {
  JsonWriter w(out);
  w.begin_object().key("model_stats").begin_list();
  for (const ModelStatistics& model : models) write_model_statistics(w, model);
  w.end_list().end_object();
}

void repository_index_request_schema(JsonWriter& w) { write_schema_of<RepositoryIndexBody>(w); }
void repository_change_schema(JsonWriter& w) { write_schema_of<ChangeBody>(w); }

void repository_index_schema(JsonWriter& w) {
  w.raw(R"({"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"version":{"type":"string"},)"
        R"("state":{"type":"string","enum":["READY","UNAVAILABLE","LOADING","UNLOADING"]},"reason":{"type":"string"}},)"
        R"("required":["name","version","state","reason"]}})");
}

void statistics_schema(JsonWriter& w) {
  w.raw(
      R"({"type":"object","properties":{"model_stats":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},)"
      R"("version":{"type":"string"},"last_inference":{"type":"integer"},"inference_count":{"type":"integer"},)"
      R"("execution_count":{"type":"integer"},"inference_stats":{"type":"object"},"batch_stats":{"type":"array","items":{"type":"object","required":["batch_size"],)"
      R"("properties":{"batch_size":{"type":"integer","minimum":1}}}}}}}},)"
      R"("required":["model_stats"]})");
}

}  // namespace gatehouse::wire
