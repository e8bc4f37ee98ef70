#include "gatehouse/wire/nlu/work.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <string_view>
#include <utility>

namespace gatehouse::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t row_columns = 3, pair_columns = 2;

template <class T>
Tensor tensor_named(std::string_view name, Datatype type, std::span<const T> values, std::size_t columns = 1) {
  Tensor tensor;
  tensor.name = name;
  tensor.datatype = type;
  tensor.shape = {static_cast<std::int64_t>(values.size() / columns)};
  if (columns > 1) tensor.shape.push_back(static_cast<std::int64_t>(columns));
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return tensor;
}

TensorSpec spec_named(std::string_view name, Datatype type, Shape shape) {
  TensorSpec spec;
  spec.name = name;
  spec.datatype = type;
  spec.shape = std::move(shape);
  return spec;
}

Error unfit(std::string_view what) { return caller_error("invalid_tensor", "There is something wrong with " + std::string(what)); }

template <class T>
Result<std::vector<T>> values_of(const engine::Infer& call, std::string_view name, Datatype type, std::size_t columns = 1) {
  const auto found = std::ranges::find(call.inputs, name, &Tensor::name);
  if (found == call.inputs.end() || found->datatype != type || fault_in(*found) != nullptr) return unfit(name);
  const std::size_t dimensions = columns > 1 ? 2 : 1;
  if (found->shape.size() != dimensions || (columns > 1 && std::cmp_not_equal(found->shape.back(), columns))) return unfit(name);
  std::vector<T> values(found->bytes.size() / sizeof(T));
  std::memcpy(values.data(), found->bytes.data(), values.size() * sizeof(T));
  return values;
}

Result<std::vector<NluRow>> rows_of(std::span<const std::uint32_t> heads, std::span<const std::uint32_t> ids) {
  std::vector<NluRow> rows;
  for (std::size_t i = 0; i < heads.size(); i += row_columns) {
    const std::uint32_t size = heads[i + 2];
    if (heads[i] > 1 || size == 0 || size > ids.size()) return unfit("rows");
    rows.push_back({heads[i], heads[i + 1], {ids.begin(), ids.begin() + size}});
    ids = ids.subspan(size);
  }
  if (!ids.empty()) return unfit("ids");
  return rows;
}

bool sound(const NluWork& work) {
  const auto is = [&](std::uint32_t row, std::uint32_t kind) { return row < work.rows.size() && work.rows[row].kind == kind; };
  const bool paired = std::ranges::all_of(work.pairs, [&](const NluPair& pair) { return is(pair.text, 0) && is(pair.prompt, 1); });
  const bool counted = std::ranges::find(work.batches, 0U) == work.batches.end();
  return paired && counted && std::accumulate(work.batches.begin(), work.batches.end(), std::uint64_t{0}) == work.pairs.size();
}

}  // namespace

engine::Infer call_of(const NluWork& work) {
  std::vector<std::uint32_t> heads, ids, pairs;
  for (const NluRow& row : work.rows) {
    heads.insert(heads.end(), {row.kind, row.first_position, static_cast<std::uint32_t>(row.ids.size())});
    ids.insert(ids.end(), row.ids.begin(), row.ids.end());
  }
  for (const NluPair& pair : work.pairs) pairs.insert(pairs.end(), {pair.text, pair.prompt});
  engine::Infer call;
  call.inputs.push_back(tensor_named<std::uint64_t>("owner", Datatype::uint64, {&work.owner, 1}));
  call.inputs.push_back(tensor_named<std::uint32_t>("rows", Datatype::uint32, heads, row_columns));
  call.inputs.push_back(tensor_named<std::uint32_t>("ids", Datatype::uint32, ids));
  call.inputs.push_back(tensor_named<std::uint32_t>("pairs", Datatype::uint32, pairs, pair_columns));
  call.inputs.push_back(tensor_named<std::uint32_t>("batches", Datatype::uint32, work.batches));
  return call;
}

Result<NluWork> work_of(const engine::Infer& call) {
  GH_TRY(const std::vector<std::uint64_t> owner, values_of<std::uint64_t>(call, "owner", Datatype::uint64));
  GH_TRY(const std::vector<std::uint32_t> heads, values_of<std::uint32_t>(call, "rows", Datatype::uint32, row_columns));
  GH_TRY(const std::vector<std::uint32_t> ids, values_of<std::uint32_t>(call, "ids", Datatype::uint32));
  GH_TRY(const std::vector<std::uint32_t> pairs, values_of<std::uint32_t>(call, "pairs", Datatype::uint32, pair_columns));
  NluWork work;
  if (owner.size() != 1) return unfit("owner");
  work.owner = owner.front();
  GH_TRY(work.rows, rows_of(heads, ids));
  for (std::size_t i = 0; i < pairs.size(); i += pair_columns) work.pairs.push_back({pairs[i], pairs[i + 1]});
  GH_TRY(work.batches, values_of<std::uint32_t>(call, "batches", Datatype::uint32));
  if (!sound(work)) return unfit("pairs");
  return work;
}

engine::Signature nlu_signature() {
  engine::Signature signature;
  signature.inputs = {spec_named("owner", Datatype::uint64, {1}), spec_named("rows", Datatype::uint32, {-1, row_columns}),
                      spec_named("ids", Datatype::uint32, {-1}), spec_named("pairs", Datatype::uint32, {-1, pair_columns}),
                      spec_named("batches", Datatype::uint32, {-1})};
  signature.outputs = {spec_named("head", Datatype::fp32, {-1}), spec_named("tail", Datatype::fp32, {-1})};
  return signature;
}

engine::Inferred answer_of(std::span<const NluLogits> logits) {
  std::vector<float> head, tail;
  for (const NluLogits& one : logits) {
    head.insert(head.end(), one.head.begin(), one.head.end());
    tail.insert(tail.end(), one.tail.begin(), one.tail.end());
  }
  engine::Inferred answer;
  answer.outputs.push_back(tensor_named<float>("head", Datatype::fp32, head));
  answer.outputs.push_back(tensor_named<float>("tail", Datatype::fp32, tail));
  return answer;
}

Result<std::vector<NluLogits>> logits_of(const engine::Inferred& answer, std::span<const std::size_t> sizes) {
  const std::size_t all = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  const auto fits = [all](const Tensor& tensor) { return tensor.datatype == Datatype::fp32 && tensor.bytes.size() == all * sizeof(float); };
  if (answer.outputs.size() != 2 || !std::ranges::all_of(answer.outputs, fits)) {
    return Error(Code::internal, Origin::engine, "output_unexpected", "The model's answer cannot be read")
        .with_detail("not one number for each of " + std::to_string(all) + " tokens");
  }
  std::vector<NluLogits> logits(sizes.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    for (const auto& [values, side] : {std::pair(&logits[i].head, 0U), std::pair(&logits[i].tail, 1U)}) {
      values->resize(sizes[i]);
      std::memcpy(values->data(), answer.outputs[side].bytes.data() + at, sizes[i] * sizeof(float));
    }
    at += sizes[i] * sizeof(float);
  }
  return logits;
}

}  // namespace gatehouse::wire
