"""What the site says by itself, in both languages: names of families and of tables, captions, menus.

Pages say everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LANGUAGES", "WORDS", "Language", "Words"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True)
class Words:
    """All texts of one language.

    Attributes:
        language: its own name.
        other: the language that the switch leads to.
        headings: the second-level headings of a pattern's page, in their order.
        menu: the entries of the navigation that are groups.
        families: the families of the catalogue.
    """

    language: str
    other: Language
    headings: tuple[str, ...]
    menu: dict[str, str]
    families: dict[str, str]
    ranks_or_more: str
    ranks_up_to: str
    same_output: str
    status: str
    status_signal: str
    printed_nothing: str
    errors: str
    costs: str
    column: str
    kind: str
    messages: str
    size: str
    total: str
    none: str
    uncounted: str
    details_of: str
    diagram_program: str
    diagram_mpi: str
    diagram_hint: str
    diagram_cut: str
    legend: dict[str, str]
    recorded: str


WORDS: dict[Language, Words] = {
    "en": Words(
        language="English",
        other="zh",
        headings=(
            "The programs",
            "What it prints",
            "The messages",
            "What travels",
            "What it costs",
            "When it hangs",
            "Exercise",
        ),
        menu={
            "home": "Home",
            "tutorial": "Tutorial",
            "reference": "Reference",
            "inside": "Inside",
        },
        families={
            "processes": "Processes",
            "channels": "Channels",
            "gates": "Gates",
            "shared": "Shared objects",
            "pools": "Pools",
            "messages": "Messages",
            "collectives": "Collectives",
            "topology": "Topology",
        },
        ranks_or_more="{fewest} ranks or more",
        ranks_up_to="{fewest} to {most} ranks",
        same_output="All three columns print the same:",
        status="It ended with status {status}.",
        status_signal="It was ended by signal {signal}.",
        printed_nothing="It printed nothing.",
        errors="standard error",
        costs=(
            "{ranks} ranks; counted, not measured: the mpi4py column is the same on every machine, the other may vary by"
            " a few."
        ),
        column="column",
        kind="kind of message",
        messages="messages",
        size="bytes",
        total="all",
        none="no messages",
        uncounted="used as well, and not counted: {names}",
        details_of="every kind of message that mpiprocessing sent",
        diagram_program="{column}, as the program calls it",
        diagram_mpi="{column}, every message that MPI carried",
        diagram_hint="A line for each rank, time to the right, in logical steps: a message always goes forward.",
        diagram_cut=" (the first {shown} of {steps} steps)",
        legend={
            "computing": "the program's own code runs",
            "communicating": "in a call that does not wait",
            "blocked": "in a call that waits for another rank",
            "message": "a message",
        },
        recorded="Recorded with {mpi}, mpi4py {mpi4py}, Python {python}, {ranks} ranks.",
    ),
    "zh": Words(
        language="中文",
        other="en",
        headings=("程序", "输出", "消息图", "传递了什么", "代价", "何时会卡住", "练习"),
        menu={
            "home": "首页",
            "tutorial": "教程",
            "reference": "参考",
            "inside": "内部结构",
        },
        families={
            "processes": "进程",
            "channels": "通道：队列与管道",
            "gates": "同步：锁、信号量与屏障",
            "shared": "共享对象",
            "pools": "进程池",
            "messages": "消息",
            "collectives": "集合通信",
            "topology": "拓扑与分组",
        },
        ranks_or_more="至少 {fewest} 个秩（rank）",
        ranks_up_to="{fewest} 到 {most} 个秩（rank）",
        same_output="三列的输出完全相同：",
        status="它以状态码 {status} 结束。",
        status_signal="它被信号 {signal} 终止。",
        printed_nothing="它什么也没有输出。",
        errors="标准错误输出",
        costs="{ranks} 个秩。这些数是数出来的，不是测出来的：mpi4py 一列在任何机器上都一样，另一列可能有几条出入。",
        column="列",
        kind="消息种类",
        messages="消息数",
        size="字节数",
        total="合计",
        none="没有消息",
        uncounted="另外还用到、但没有计数的操作：{names}",
        details_of="mpiprocessing 发送的每一种消息",
        diagram_program="{column}：程序自己的调用",
        diagram_mpi="{column}：MPI 传送的每一条消息",
        diagram_hint="每个秩一条横线，时间向右，按逻辑步计：消息总是指向后面的时刻。",
        diagram_cut="（前 {shown} 步，共 {steps} 步）",
        legend={
            "computing": "在运行程序自己的代码",
            "communicating": "在一次不需要等待的调用里",
            "blocked": "在一次调用里等待别的秩",
            "message": "一条消息",
        },
        recorded="录制环境：{mpi}、mpi4py {mpi4py}、Python {python}，{ranks} 个秩。",
    ),
}
