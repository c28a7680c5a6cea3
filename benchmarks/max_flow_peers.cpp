// Solvers of github.com/patmjen/maxflow_algorithms behind one C interface, for max_flow.py.
//
// A graph is: n pixels with the capacity from the source less that to the sink, and m edges with
// their capacities there and back. Solvers write the side of each pixel, 0 the source's, 1 the sink's
// and 3 for one that both would take, the value of the flow, and the seconds that building and
// solving took.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "bk/graph.h"
#include "ibfs/ibfs.h"
#include "reimpls/eibfs_i.h"
#include "reimpls/eibfs_i_nr.h"
#include "reimpls/hpf.h"
#include "reimpls/mbk.h"
#include "reimpls/mbk_r.h"

namespace {

struct Problem {
    int32_t n;
    const int32_t *excess;
    int32_t m;
    const int32_t *first, *second, *forward, *backward;
};

struct Solution {
    uint8_t *sink_side;
    int64_t *value;
    double *seconds;
};

int32_t from_source(int32_t excess) { return excess > 0 ? excess : 0; }
int32_t to_sink(int32_t excess) { return excess < 0 ? -excess : 0; }

// Seconds of the processor since the last call, or since the start.
class Clock {
    std::clock_t began = std::clock();

public:
    double lap() {
        const std::clock_t now = std::clock();
        const double passed = double(now - began) / CLOCKS_PER_SEC;
        began = now;
        return passed;
    }
};

// Boykov-Kolmogorov: the authors' graphs and those with the same interface.
template <class Graph, class AddEdge, class Finish>
void boykov_kolmogorov(const Problem &p, const Solution &s, AddEdge add_edge, Finish finish) {
    Clock clock;
    Graph graph(p.n, p.m);
    graph.add_node(p.n);
    for (int32_t i = 0; i < p.n; ++i)
        graph.add_tweights(i, from_source(p.excess[i]), to_sink(p.excess[i]));
    for (int32_t e = 0; e < p.m; ++e)
        add_edge(graph, p.first[e], p.second[e], p.forward[e], p.backward[e]);
    finish(graph);
    s.seconds[0] = clock.lap();
    *s.value = graph.maxflow();
    for (int32_t i = 0; i < p.n; ++i)
        s.sink_side[i] = graph.what_segment(i) != 0;  // All call the source 0.
    s.seconds[1] = clock.lap();
}

const auto checking = [](auto &graph, int32_t i, int32_t j, int32_t there, int32_t back) {
    graph.add_edge(i, j, there, back);
};
// No pair comes twice, so that these need not look for one to merge.
const auto distinct = [](auto &graph, int32_t i, int32_t j, int32_t there, int32_t back) {
    graph.add_edge(i, j, there, back, false);
};
const auto as_it_is = [](auto &) {};
const auto reordered = [](auto &graph) { graph.init_maxflow(); };

// Pixels in no tree are either all on the source's side or all on the sink's, depending on which
// trees were complete first; the solvers do not tell.
constexpr int FREE = 2;

// Reordering the arcs is part of the building.
template <class Graph>
void breadth_first(const Problem &p, const Solution &s, Graph &graph, Clock &clock) {
    for (int32_t i = 0; i < p.n; ++i)
        graph.addNode(i, from_source(p.excess[i]), to_sink(p.excess[i]));
    for (int32_t e = 0; e < p.m; ++e)
        graph.addEdge(p.first[e], p.second[e], p.forward[e], p.backward[e]);
    graph.initGraph();
    s.seconds[0] = clock.lap();
    *s.value = graph.computeMaxFlow();
    for (int32_t i = 0; i < p.n; ++i)
        s.sink_side[i] = graph.isNodeOnSrcSide(i, FREE) ^ 1;
    s.seconds[1] = clock.lap();
}

void bk_solve(const Problem &p, const Solution &s) {
    boykov_kolmogorov<bk::Graph<int32_t, int32_t, int64_t>>(p, s, checking, as_it_is);
}

void mbk_solve(const Problem &p, const Solution &s) {
    using Graph = reimpls::Graph<int32_t, int32_t, int64_t, uint32_t, uint32_t>;
    boykov_kolmogorov<Graph>(p, s, distinct, as_it_is);
}

void mbk_r_solve(const Problem &p, const Solution &s) {
    using Graph = reimpls::Graph2<int32_t, int32_t, int64_t, uint32_t, uint32_t>;
    boykov_kolmogorov<Graph>(p, s, distinct, reordered);
}

void eibfs_solve(const Problem &p, const Solution &s) {
    using Graph = ibfs::IBFSGraph<int32_t, int32_t, int64_t>;
    Clock clock;
    Graph graph(Graph::IB_INIT_FAST);
    graph.initSize(p.n, p.m);
    breadth_first(p, s, graph, clock);
}

void eibfs_i_solve(const Problem &p, const Solution &s) {
    Clock clock;
    reimpls::IBFSGraph<int32_t, int32_t, int64_t> graph(p.n, p.m);
    breadth_first(p, s, graph, clock);
}

void eibfs_i_nr_solve(const Problem &p, const Solution &s) {
    Clock clock;
    reimpls::IBFSGraph2<int32_t, int32_t, int64_t> graph(p.n, p.m);
    breadth_first(p, s, graph, clock);
}

// Pseudoflows gather at roots: their sums need 64 bits.
template <reimpls::LabelOrder label, reimpls::RootOrder root>
void pseudoflow(const Problem &p, const Solution &s) {
    using Graph = reimpls::Hpf<int64_t, label, root>;
    Clock clock;
    Graph graph(p.n + 2, 2 * int64_t(p.m) + p.n);
    graph.set_source(0);
    graph.set_sink(1);
    graph.add_node(p.n + 2);
    for (int32_t i = 0; i < p.n; ++i) {
        if (p.excess[i] > 0)
            graph.add_edge(0, i + 2, p.excess[i]);
        else if (p.excess[i] < 0)
            graph.add_edge(i + 2, 1, -int64_t(p.excess[i]));
    }
    for (int32_t e = 0; e < p.m; ++e) {
        if (p.forward[e])
            graph.add_edge(p.first[e] + 2, p.second[e] + 2, p.forward[e]);
        if (p.backward[e])
            graph.add_edge(p.second[e] + 2, p.first[e] + 2, p.backward[e]);
    }
    s.seconds[0] = clock.lap();
    graph.mincut();
    for (int32_t i = 0; i < p.n; ++i)
        s.sink_side[i] = graph.what_label(i + 2) == Graph::SINK;
    s.seconds[1] = clock.lap();
    *s.value = graph.compute_maxflow();
}

using reimpls::LabelOrder;
using reimpls::RootOrder;

const struct {
    const char *name;
    void (*solve)(const Problem &, const Solution &);
} solvers[] = {
    {"bk", bk_solve},
    {"mbk", mbk_solve},
    {"mbk_r", mbk_r_solve},
    {"eibfs", eibfs_solve},
    {"eibfs_i", eibfs_i_solve},
    {"eibfs_i_nr", eibfs_i_nr_solve},
    {"hpf_hf", pseudoflow<LabelOrder::HIGHEST_FIRST, RootOrder::FIFO>},
    {"hpf_hl", pseudoflow<LabelOrder::HIGHEST_FIRST, RootOrder::LIFO>},
    {"hpf_lf", pseudoflow<LabelOrder::LOWEST_FIRST, RootOrder::FIFO>},
    {"hpf_ll", pseudoflow<LabelOrder::LOWEST_FIRST, RootOrder::LIFO>},
};

}  // namespace

// 0, or 1 if there is no solver of that name.
extern "C" int solve(
    const char *name, int32_t n, const int32_t *excess, int32_t m, const int32_t *first,
    const int32_t *second, const int32_t *forward, const int32_t *backward, uint8_t *sink_side,
    int64_t *value, double *seconds) {
    for (const auto &solver : solvers) {
        if (std::strcmp(solver.name, name) == 0) {
            solver.solve({n, excess, m, first, second, forward, backward},
                         {sink_side, value, seconds});
            return 0;
        }
    }
    return 1;
}
