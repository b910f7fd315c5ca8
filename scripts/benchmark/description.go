package main

import "strings"

// What reports are written of: 1,156 names of roads, places, problems and what comes of them.
var (
	syllables = []rune("长安中山人民建设文化解放东风和平友谊新华光明胜利金水凤凰青松白云龙泉")
	places    = []string{"小区东门外", "小学门口", "公交站旁", "菜市场入口", "人行天桥下", "河堤步道", "立交桥下", "医院北侧", "地铁口附近", "老街拐角", "停车场出口", "加油站对面"}
	problems  = []string{"路面塌陷约半米", "井盖缺失", "机动车占道停放", "污水外溢", "护栏倒伏", "路灯不亮", "施工围挡破损", "管道漏水严重", "树枝压住电线", "砖块松动", "渣土未覆盖", "排水口堵塞"}
	effects   = []string{"行人只能绕行", "影响车辆通行", "夜间十分危险", "雨天积水很深", "有明显异味", "儿童经常经过", "已有人摔倒", "商户多次反映", "请尽快处理", "范围还在扩大"}
)

// described is how a report's text reads: 17 to 29 characters, the same for the same number.
func described(number uint64) string {
	dice := number
	roll := func(n int) int { // splitmix64
		dice += 0x9e3779b97f4a7c15
		z := (dice ^ dice>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return int((z ^ z>>31) % uint64(n))
	}
	var b strings.Builder
	b.WriteRune(syllables[roll(len(syllables))])
	b.WriteRune(syllables[roll(len(syllables))])
	b.WriteString("路" + places[roll(len(places))] + problems[roll(len(problems))] + "，" + effects[roll(len(effects))])
	if roll(2) == 0 {
		b.WriteString("，" + effects[roll(len(effects))])
	}
	return b.String()
}
